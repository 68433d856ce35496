Feature: A first payment that is never finished

  Scenario: An incomplete subscription wins nothing, and an expired one is no churn
    Given the Account "Sakura Robotics"
    And the open Opportunity "Arms"
    And the plan "Yearly" at 1,200 USD a year
    When "Sakura Robotics" subscribes to 1 x "Yearly" for the Opportunity "Arms", without finishing the payment
    Then the Opportunity "Arms" is still open
    And the subscription to "Yearly" of "Sakura Robotics" shows:
      | Status | incomplete |
      | MRR    | 0.00       |
    When a day passes
    Then the Opportunity "Arms" is still open
    And the subscription to "Yearly" of "Sakura Robotics" shows:
      | Status  | incomplete_expired |
      | Churned | no                 |
    And the renewals are:
      | Billing Reason      | Status | In Dunning |
      | subscription_create | Void   | no         |
    And there is no Contract
    And there is no revenue entry
    And there is no movement
    And there is no Task
