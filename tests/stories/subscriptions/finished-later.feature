Feature: A first payment that is finished later

  Scenario: The deal is won when the money is there
    Given the Account "Lamna Healthcare"
    And the open Opportunity "Clinic"
    And the plan "Yearly" at 1,200 USD a year
    When "Lamna Healthcare" subscribes to 1 x "Yearly" for the Opportunity "Clinic", without finishing the payment
    Then the Opportunity "Clinic" is still open
    When "Lamna Healthcare" pays the open invoice
    Then the Opportunity "Clinic" is won
    And the Opportunity "Clinic" shows:
      | Booked ACV  | 1,200.00 |
      | Current ARR | 1,200.00 |
      | Collected   | 1,200.00 |
    And the movement is:
      | Kind | Date       | Amount |
      | New  | 2026-10-01 | 100.00 |
