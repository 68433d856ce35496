Feature: A trial that pauses for want of a card

  Scenario: It is paused until there is a card, then it is billed from that day
    Given the Account "Humongous Insurance"
    And the open Opportunity "Claims"
    And the plan "Team" at 80 USD a month
    And the customer "Humongous Insurance" without a card
    When "Humongous Insurance" subscribes to 5 x "Team" for the Opportunity "Claims", on trial for 14 days, pausing when there is no card after the trial
    And 14 days pass
    Then the Opportunity "Claims" is still open
    And the subscription to "Team" of "Humongous Insurance" shows:
      | Status  | paused |
      | Paused  | yes    |
      | Churned | no     |
      | MRR     | 0.00   |
    When a day passes
    And "Humongous Insurance" saves a new card
    And "Humongous Insurance" resumes "Team"
    And a day passes
    Then the Opportunity "Claims" is won
    And the subscription to "Team" of "Humongous Insurance" shows:
      | Status               | active     |
      | Paused               | no         |
      | MRR                  | 400.00     |
      | Current Period Start | 2026-10-16 |
    And the movement is:
      | Kind | Date       | Amount |
      | New  | 2026-10-16 | 400.00 |
